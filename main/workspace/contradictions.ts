import type { Problem } from '#shared/domain/errors.ts';
import { cellsOf, cellTag, cellVariable } from '#shared/domain/matrix.ts';
import type { TestConfig, WorkspaceConfig } from '#shared/domain/workspace-config.ts';
import { pathText } from './schema-problems.ts';
import type { YamlSource } from './yaml-source.ts';

type Path = readonly (string | number)[];
type Found = { readonly path: Path; readonly what: string; readonly hint: string };

/** What each key allows but not all of them together. */
export function contradictions(config: WorkspaceConfig, file: string, source: YamlSource): Problem[] {
  const found = [
    ...sameTestNames(config),
    ...config.tests.flatMap(reportElsewhere),
    ...requiredAndOptional(config),
    ...argumentsTwice(config),
    ...cellsAlike(config),
    ...unknownCells(config),
  ];
  return found.map(({ path, what, hint }) => ({
    file,
    ...source.valueAt(path),
    path: pathText(path),
    what,
    hint,
  }));
}

function sameTestNames({ tests }: WorkspaceConfig): Found[] {
  const names = tests.map((test) => test.name);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : {
          path: ['tests', index, 'name'],
          what: `Two tests are called "${name}".`,
          hint: 'Give each test a name of its own: runs tell them apart by it.',
        },
  );
}

function reportElsewhere({ where, junit, name }: TestConfig, index: number): Found[] {
  if (junit === undefined) return [];
  const path = ['tests', index, 'junit'];
  const isAbsolute = /^(?:[/\\]|[a-z]:)/i.test(junit);
  if (where === 'image' && !junit.startsWith('/')) {
    const hint = 'Write the whole path inside the container, such as /tmp/junit.xml.';
    return [{ path, what: `The report of test ${name} has no place in the container.`, hint }];
  }
  if (where === 'host' && (isAbsolute || junit.split(/[\\/]/).includes('..'))) {
    const hint = 'Let the test write it below the folder of gantry.yml, and name that path.';
    return [{ path, what: `The report of test ${name} is outside the workspace.`, hint }];
  }
  return [];
}

function requiredAndOptional({ env }: WorkspaceConfig): Found[] {
  return env.optional.flatMap((key, index) =>
    env.required.includes(key)
      ? {
          path: ['env', 'optional', index],
          what: `${key} is both required and optional.`,
          hint: 'Keep it in one of the two lists.',
        }
      : [],
  );
}

function argumentsTwice({ build: { args, matrix } }: WorkspaceConfig): Found[] {
  return Object.keys(matrix)
    .filter((key) => Object.hasOwn(args, key))
    .map((key) => ({
      path: ['build', 'args', key],
      what: `${key} is in the matrix as well.`,
      hint: 'Take it out of args: every cell of the matrix sets it.',
    }));
}

/** Of a tag that may have 128 characters; the version and Gantry's own names need the rest. */
const maxCellTag = 60;

/** Cells are told apart by tags and by the variables that tests find. */
function cellsAlike({ build: { matrix } }: WorkspaceConfig): Found[] {
  const path = ['build', 'matrix'];
  const names = cellsOf(matrix).map((cell) => cell.name);
  const tooLong = names.find((name) => cellTag(name).length > maxCellTag);
  if (tooLong !== undefined) {
    const hint = `Shorten its keys or values: image tags have room for ${maxCellTag} characters of them.`;
    return [{ path, what: `The cell ${tooLong.slice(0, 200)} is too long for a tag.`, hint }];
  }
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(cellVariable(name));
    if (other !== undefined) {
      const what =
        other === name
          ? `The matrix has the cell ${name} twice.`
          : `The cells ${other} and ${name} are too alike.`;
      const hint = `Both would be tagged or found as ${cellTag(name)}: letters and digits must differ.`;
      return [{ path, what, hint }];
    }
    seen.set(cellVariable(name), name);
  }
  return [];
}

function unknownCells({ build: { matrix }, environments }: WorkspaceConfig): Found[] {
  const known = cellsOf(matrix).map((cell) => cell.name);
  return environments.flatMap(({ name, cell }) => {
    if (cell === undefined || known.includes(cell)) return [];
    return {
      path: ['environments', name, 'cell'],
      what: `The build has no cell ${cell}.`,
      hint:
        known.length === 0
          ? 'Write a matrix under build, or leave the cell out.'
          : `Its cells: ${known.join('; ')}.`,
    };
  });
}
