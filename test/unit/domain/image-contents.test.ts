import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImageConfig, ImageFacts } from '#shared/domain/image.ts';
import {
  diffContents,
  historyLine,
  imageContentsDiffSchema,
  type LayerFacts,
  type OpenImage,
} from '#shared/domain/image-contents.ts';
import {
  diffFiles,
  diffPackages,
  type FileFacts,
  type PackageFacts,
  shown,
} from '#shared/domain/image-files.ts';

const noConfig: ImageConfig = {
  ...{ entrypoint: [], command: [], envKeys: [], ports: [], user: '', workingDir: '', labels: {} },
};

type Made = Partial<Omit<OpenImage, 'facts' | 'files'>> & {
  readonly id?: string;
  readonly config?: Partial<ImageConfig>;
  readonly platform?: string;
  readonly files?: Readonly<Record<string, Partial<FileFacts>>>;
};

function image({ id = 'a', config, platform = 'linux/amd64', layers = [], files = {} }: Made): OpenImage {
  const facts: ImageFacts = {
    identity: { imageId: `sha256:${id.repeat(64)}`, manifestDigests: {} },
    ...{
      tags: [],
      size: 10,
      platform,
      config: { ...noConfig, ...config },
      layers: layers.map((layer) => layer.id),
    },
  };
  return { facts, layers, files: filesOf(files) };
}

const filesOf = (files: Readonly<Record<string, Partial<FileFacts>>>) =>
  new Map(Object.entries(files).map(([path, facts]) => [path, file(facts)]));
const file = (facts: Partial<FileFacts> = {}): FileFacts => ({
  ...{ kind: 'file', size: 1, mode: 0o644, owner: '0:0', content: 'x' },
  ...facts,
});
const layer = (id: string, bytes?: number): LayerFacts => ({
  ...{ id, createdBy: `COPY ${id}` },
  ...(bytes === undefined ? {} : { content: { files: 1, bytes } }),
});

describe('files', () => {
  test('added, removed and changed, the largest first', () => {
    const left = filesOf({
      same: {},
      gone: { size: 5 },
      grown: { size: 1 },
      folder: { kind: 'folder', size: 0 },
    });
    const right = filesOf({
      same: {},
      new: { size: 7 },
      grown: { size: 9, content: 'y' },
      other: { kind: 'folder', mode: 0o700 },
    });
    expect(diffFiles(left, right)).toEqual({
      added: { files: 1, bytes: 7 },
      removed: { files: 1, bytes: 5 },
      changed: { files: 1, before: 1, after: 9 },
      list: [
        { kind: 'changed', path: 'grown', before: 1, after: 9, what: ['content'] },
        { kind: 'added', path: 'new', after: 7, what: [] },
        { kind: 'removed', path: 'gone', before: 5, what: [] },
      ],
      folders: [
        {
          folder: '/',
          ...{ added: { files: 1, bytes: 7 }, removed: { files: 1, bytes: 5 } },
          changed: { files: 1, before: 1, after: 9 },
        },
      ],
    });
  });

  test.each<[Partial<FileFacts>, Partial<FileFacts>, readonly string[]]>([
    [{}, {}, []],
    [{}, { content: 'y' }, ['content']],
    [{}, { mode: 0o755 }, ['mode']],
    [{}, { owner: '1:1' }, ['owner']],
    [{}, { attributes: 'a' }, ['attributes']],
    [{}, { kind: 'symlink', mode: 0o777 }, ['type']],
    [{ kind: 'symlink', mode: 0o777 }, { kind: 'symlink', mode: 0o755 }, []],
    [{ kind: 'symlink', content: 'a' }, { kind: 'symlink', content: 'b' }, ['content']],
    [{}, { isLinked: true }, []],
    [{}, { content: 'y', mode: 0o755, owner: '1:1' }, ['content', 'mode', 'owner']],
  ])('%j to %j', (before, after, what) => {
    const [change] = diffFiles(filesOf({ f: before }), filesOf({ f: after })).list;
    expect(change?.what ?? []).toEqual(what);
  });

  test('a file in the place of a folder is new, and the other way round it is gone', () => {
    const [one, other] = [filesOf({ f: { kind: 'folder' } }), filesOf({ f: {} })];
    expect(diffFiles(one, other)).toMatchObject({ added: { files: 1 }, removed: { files: 0 } });
    expect(diffFiles(other, one)).toMatchObject({ added: { files: 0 }, removed: { files: 1 } });
  });

  test('one under two names is counted once', () => {
    const diff = diffFiles(new Map(), filesOf({ f: { size: 8 }, g: { size: 8, isLinked: true } }));
    expect(diff.added).toEqual({ files: 2, bytes: 8 });
    expect(diff.list.map(({ after }) => after)).toEqual([8, 8]);
    const files = { f: { size: 8 }, g: { size: 8, isLinked: true }, d: { kind: 'folder', size: 0 } } as const;
    expect(diffContents(undefined, image({ files })).right.files).toEqual({ files: 2, bytes: 8 });
  });

  test('are added up by folder, two deep where one says little', () => {
    const paths = ['usr/lib/a/b', 'usr/lib/c', 'usr/bin/d', 'usr/e', 'app/x/y', 'app/z', 'top'];
    const { folders } = diffFiles(new Map(), filesOf(Object.fromEntries(paths.map((path) => [path, {}]))));
    expect(folders.map(({ folder, added }) => [folder, added.files])).toEqual([
      ['/app', 2],
      ['/usr/lib', 2],
      ['/', 1],
      ['/usr', 1],
      ['/usr/bin', 1],
    ]);
  });

  test('of an image with very many are listed up to a limit, and all are counted', () => {
    const many = (kind: string, size: number, content = 'x') =>
      Array.from(
        { length: 5_000 },
        (_, at) => [`${kind}${at}/f`, file({ size: size + at, content })] as const,
      );
    const left = new Map([...many('gone', 1), ...many('both', 1)]);
    const diff = diffFiles(left, new Map([...many('new', 1), ...many('both', 1, 'y')]));
    expect([diff.added.files, diff.removed.files, diff.changed.files]).toEqual([5_000, 5_000, 5_000]);
    expect(diff.list).toHaveLength(600);
    expect(Math.min(...diff.list.map(({ before, after }) => before ?? after ?? 0))).toBeGreaterThan(4_700);
    expect(diff.folders).toHaveLength(41);
    expect(diff.folders.reduce((sum, { added }) => sum + added.files, 0)).toBe(5_000);
    expect(diff.folders.at(-1)?.folder).toBe('');
    expect(JSON.stringify(diff).length).toBeLessThan(100_000);
  });

  test('what one way adds the other way removes', () => {
    const facts = fc.record({
      size: fc.nat(9),
      content: fc.constantFrom('a', 'b'),
      kind: fc.constantFrom('file', 'folder', 'symlink' as const),
    });
    const files = fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b/c', 'b/d', 'usr/x/y', 'usr/x/z'), facts), {
        selector: ([path]) => path,
      })
      .map((entries) => filesOf(Object.fromEntries(entries)));
    fc.assert(
      fc.property(files, files, (left, right) => {
        const [there, back] = [diffFiles(left, right), diffFiles(right, left)];
        expect([there.added, there.removed]).toEqual([back.removed, back.added]);
        expect(there.changed).toEqual({
          files: back.changed.files,
          before: back.changed.after,
          after: back.changed.before,
        });
        const bytes = (of: typeof left) =>
          [...of.values()].reduce((sum, { kind, size }) => sum + (kind === 'folder' ? 0 : size), 0);
        const moved = there.added.bytes - there.removed.bytes + there.changed.after - there.changed.before;
        // Unchanged files are equal in size, so what changed is all the difference there is.
        expect(moved).toBe(bytes(right) - bytes(left));
      }),
    );
  });
});

describe('names and other texts out of an image', () => {
  test.each([
    ['plain é 😀', 'plain é 😀'],
    ['caf\udce9', 'caf\\xe9'],
    ['\ud800', '\\u{d800}'],
    ['a\u001b[31mb', 'a\\x1b[31mb'],
    ['a\nb\u0000', 'a\\x0ab\\x00'],
    ['safe\u202etxt.exe', 'safe\\u{202e}txt.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['line\u2028', 'line\\u{2028}'],
  ])('%j is shown as %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test('are shown so wherever they come up', () => {
    const bad = 'bad\u001b';
    const packages: PackageFacts[] = [{ manager: 'npm', name: bad, version: bad }];
    const diff = diffContents(
      image({ config: { user: 'x' } }),
      image({
        id: 'b',
        config: { user: bad, labels: { [bad]: bad, 'org.opencontainers.image.base.name': bad } },
        layers: [{ id: 'l', createdBy: `RUN ${bad}` }],
        files: { [bad]: { packages }, 'etc/os-release': { system: bad } },
      }),
    );
    expect(JSON.stringify(diff)).not.toContain('\\u001b');
    expect(JSON.stringify(diff).match(/bad\\\\x1b/g)?.length).toBeGreaterThan(6);
  });
});

describe('packages', () => {
  const npm = (name: string, version: string): PackageFacts => ({ manager: 'npm', name, version });
  test('changed before added before removed; several versions of one stand together', () => {
    const left = [npm('same', '1'), npm('up', '1'), npm('gone', '1'), npm('two', '2'), npm('two', '1')];
    const right = [npm('same', '1'), npm('up', '2'), npm('new', '1'), npm('two', '1'), npm('same', '1')];
    const dpkg: PackageFacts = { manager: 'dpkg', name: 'same', version: '1' };
    expect(diffPackages(left, [...right, dpkg])).toEqual({
      ...{ changed: 2, added: 2, removed: 1 },
      list: [
        { manager: 'npm', name: 'two', before: '1, 2', after: '1' },
        { manager: 'npm', name: 'up', before: '1', after: '2' },
        { manager: 'dpkg', name: 'same', after: '1' },
        { manager: 'npm', name: 'new', after: '1' },
        { manager: 'npm', name: 'gone', before: '1' },
      ],
    });
  });
});

describe('images', () => {
  test('layers: shared ones, the base, and what comes and goes with its line', () => {
    const [base, mid, top] = [layer('base', 100), layer('mid', 10), layer('top', 1)];
    const left = image({ layers: [base, mid, top] });
    const right = image({
      id: 'b',
      layers: [base, { ...layer('new', 20), createdBy: 'RUN make # buildkit' }, top, top],
    });
    expect(diffContents(left, right).layers).toEqual({
      shared: 2,
      base: { layers: 1, bytes: 100 },
      added: [
        { id: 'new', createdBy: 'RUN make', content: { files: 1, bytes: 20 } },
        { id: 'top', createdBy: 'COPY top', content: { files: 1, bytes: 1 } },
      ],
      removed: [{ id: 'mid', createdBy: 'COPY mid', content: { files: 1, bytes: 10 } }],
    });
  });

  test('a first deploy: all is new', () => {
    const right = image({ layers: [layer('one', 5)], files: { f: { size: 5 } }, config: { user: 'x' } });
    const diff = diffContents(undefined, right);
    expect(diff).not.toHaveProperty('left');
    expect(diff).toMatchObject({
      same: false,
      config: [],
      layersNotRead: 0,
      layers: { shared: 0, base: { layers: 0 } },
    });
    expect(diff.layers.added).toHaveLength(1);
    expect(diff.files.added).toEqual({ files: 1, bytes: 5 });
  });

  test('the same one', () => {
    const one = image({ layers: [layer('one')] });
    expect(diffContents(one, one)).toMatchObject({
      same: true,
      layers: { shared: 1, added: [], removed: [] },
      files: { list: [] },
    });
  });

  test('layers that were not read: nothing is said that they could make wrong', () => {
    const dpkg = (version: string) => ({ packages: [{ manager: 'dpkg', name: 'curl', version } as const] });
    const npm = { packages: [{ manager: 'npm', name: 'a', version: '1' } as const] };
    const left = image({ layers: [layer('base'), layer('l', 1)] });
    const files = { 'var/lib/dpkg/status': dpkg('1'), 'node_modules/a/package.json': npm };
    const right = image({ id: 'b', layers: [layer('base'), layer('r', 2)], files });
    const diff = diffContents(left, right);
    expect(diff.layersNotRead).toBe(1);
    expect(diff.left).not.toHaveProperty('files');
    expect(diff.layers.base).toEqual({ layers: 1 });
    expect(diff.packages.list).toEqual([{ manager: 'npm', name: 'a', after: '1' }]);
    const both = image({
      layers: [layer('base'), layer('l', 1)],
      files: { 'var/lib/dpkg/status': dpkg('2') },
    });
    expect(diffContents(both, right).packages.list).toContainEqual({
      manager: 'dpkg',
      name: 'curl',
      before: '2',
      after: '1',
    });
  });

  test('configuration: keys of the environment, and never a value', () => {
    const left = image({
      config: { envKeys: ['A'], ports: ['80/tcp'], labels: { team: 'a', 'dev.gantry.x': '1' } },
    });
    const right = image({
      id: 'b',
      config: {
        envKeys: ['A', 'B'],
        ports: ['80/tcp'],
        entrypoint: ['run'],
        labels: { team: 'b', 'dev.gantry.x': '2' },
      },
      platform: 'linux/arm64',
    });
    expect(diffContents(left, right).config).toEqual([
      { path: 'platform', before: 'linux/amd64', after: 'linux/arm64' },
      { path: 'entrypoint', after: 'run' },
      { path: 'envKeys', before: 'A', after: 'A, B' },
      { path: 'labels.team', before: 'a', after: 'b' },
    ]);
  });

  test('system and base are told where the image tells them', () => {
    const labels = {
      'org.opencontainers.image.base.name': 'docker.io/node:24',
      'org.opencontainers.image.base.digest': 'sha256:1',
    };
    const files = {
      'etc/os-release': { kind: 'symlink' as const },
      'usr/lib/os-release': { system: 'Debian 12' },
    };
    const { right, left } = diffContents(image({}), image({ id: 'b', config: { labels }, files }));
    expect(right).toMatchObject({
      system: 'Debian 12',
      base: { name: 'docker.io/node:24', digest: 'sha256:1' },
    });
    expect(left).not.toHaveProperty('base');
  });

  test('what comes out is what the contract lets through', () => {
    const diff = diffContents(image({ files: { f: {} } }), image({ id: 'b', layers: [layer('x', 1)] }));
    expect(imageContentsDiffSchema.parse(diff)).toEqual(diff);
  });
});

test.each([
  ['COPY app /app # buildkit', 'COPY app /app'],
  ['/bin/sh -c #(nop) COPY file:1 in /app ', 'COPY file:1 in /app'],
  ['/bin/sh -c apt-get update', 'RUN apt-get update'],
  ['RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
  ['RUN |2 TOKEN=secret B=two words /bin/sh -c make   all # buildkit', 'RUN make all'],
  ['|1 TOKEN=secret /bin/sh -c make', 'RUN make'],
  ['RUN |1 TOKEN=secret /bin/bash -eo pipefail -c make # buildkit', 'RUN …'],
  ['RUN |1 TOKEN=two\nlines /bin/bash -c make # buildkit', 'RUN /bin/bash -c make'],
  ['RUN |1 TOKEN=secret python -c x # buildkit', 'RUN …'],
  ['', ''],
  ['x'.repeat(500), `${'x'.repeat(400)}…`],
])('the line %j of a history is shown as %j', (line, expected) => {
  expect(historyLine(line)).toBe(expected);
});
