import fc from 'fast-check';

/*
 * A generated past of two checkouts of one repository: what was built, deployed, taken back and pinned, what people did
 * to the engine and the registry behind Gantry's back, and what happens while old images are removed.
 */

export type Checkout = 'ours' | 'theirs';
export const environments = ['dev', 'prod'] as const;
type EnvironmentOfCase = (typeof environments)[number];

/** A release is named by its place among those built; a place that does not exist means nothing happens. */
type OfRelease<Kind extends string> = Kind extends string
  ? { readonly kind: Kind; readonly release: number }
  : never;
type InCheckout<Kind extends string> = Kind extends string
  ? { readonly kind: Kind; readonly in: Checkout; readonly release: number }
  : never;
type Move<Kind extends string> = Kind extends string
  ? { readonly kind: Kind; readonly in: Checkout; readonly to: EnvironmentOfCase; readonly release: number }
  : never;

export type Act =
  /** `images`: contents by number, so that two releases may have the same. */
  | { readonly kind: 'build'; readonly in: Checkout; readonly images: readonly number[] }
  | Move<'deploy' | 'fail' | 'begin'>
  | { readonly kind: 'go-back'; readonly in: Checkout; readonly to: EnvironmentOfCase }
  | InCheckout<'pin' | 'unpin'>
  /** Into the registry, as one manifest or as an index whose parts, by content, may be other releases' own. */
  | {
      readonly kind: 'push';
      readonly in: Checkout;
      readonly release: number;
      readonly parts: readonly number[];
    }
  /** What people do without Gantry. */
  | OfRelease<'foreign-name' | 'foreign-tag' | 'moving-tag' | 'container' | 'lose-name'>
  | { readonly kind: 'drift'; readonly to: EnvironmentOfCase; readonly release: number }
  | { readonly kind: 'move-name'; readonly from: number; readonly release: number };

/**
 * While images are removed: at one of the questions that the removal asks, or, as only another process can, between its
 * last look at everything and one of its announcements.
 */
export type Intrusion = {
  readonly when: 'asked' | 'announced';
  readonly at: number;
  readonly act:
    | Move<'begin'>
    | InCheckout<'pin'>
    | OfRelease<'container' | 'foreign-name'>
    | Extract<Act, { kind: 'move-name' }>;
  /** How many questions pass between seeing the image and asking for the run. */
  readonly thinks: number;
};

export type RetentionCase = {
  readonly keep: number;
  readonly wayBack: number | undefined;
  readonly acts: readonly Act[];
  readonly intrusions: readonly Intrusion[];
};

const release = fc.nat({ max: 7 });
const oldest = fc.nat({ max: 2 });
const checkout = fc.oneof(
  { weight: 5, arbitrary: fc.constant('ours' as const) },
  { weight: 1, arbitrary: fc.constant('theirs' as const) },
);
const to = fc.constantFrom(...environments);
const content = fc.nat({ max: 14 });

const build = fc.record({
  kind: fc.constant('build' as const),
  in: checkout,
  images: fc.array(content, { minLength: 1, maxLength: 2 }),
});
const begin = fc.record({ kind: fc.constant('begin' as const), in: checkout, to, release });
const pin = fc.record({ kind: fc.constant('pin' as const), in: checkout, release });
const container = fc.record({ kind: fc.constant('container' as const), release });
const foreignName = fc.record({ kind: fc.constant('foreign-name' as const), release });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 20, arbitrary: build },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('deploy' as const), in: checkout, to, release }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), in: checkout, to, release }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('go-back' as const), in: checkout, to }) },
  { weight: 1, arbitrary: begin },
  { weight: 2, arbitrary: pin },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unpin' as const), in: checkout, release }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('push' as const),
      in: checkout,
      release,
      parts: fc.array(content, { maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: foreignName },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('foreign-tag' as const), release }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('moving-tag' as const), release }) },
  { weight: 1, arbitrary: container },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drift' as const), to, release }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move-name' as const), from: release, release }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose-name' as const), release }) },
);

const intrusion: fc.Arbitrary<Intrusion> = fc.record({
  when: fc.constantFrom('asked', 'asked', 'announced'),
  at: fc.nat({ max: 40 }),
  thinks: fc.nat({ max: 6 }),
  // Mostly for one of the oldest, which are those that go.
  act: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('begin' as const), in: checkout, to, release: oldest }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pin' as const), in: checkout, release: oldest }) },
    container,
    foreignName,
    fc.record({ kind: fc.constant('move-name' as const), from: oldest, release }),
  ),
});

export const retentionCase: fc.Arbitrary<RetentionCase> = fc.record({
  keep: fc.integer({ min: 1, max: 2 }),
  wayBack: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
  acts: fc.array(act, { minLength: 15, maxLength: 60 }),
  intrusions: fc.array(intrusion, { maxLength: 6 }),
});
