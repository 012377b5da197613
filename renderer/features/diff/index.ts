export { CommitsEnd, CommitsPart } from './commits-part.tsx';
export { ContentsSummary } from './contents-summary.tsx';
export {
  commitsHead,
  type EnvRow,
  type EnvRows,
  envHead,
  envRows,
  imageHead,
  targetHead,
} from './diff-words.ts';
export { EnvPart } from './env-part.tsx';
export { ImagePart } from './image-part.tsx';
export { SettingLines } from './setting-lines.tsx';
export { useContents } from './use-contents.ts';
