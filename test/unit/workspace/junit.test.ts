import { describe, expect, test } from 'vitest';
import type { JunitReport } from '#main/core/ports/workspace.ts';
import { readJunit } from '#main/workspace/junit.ts';

const read = (text: string) => readJunit(Buffer.from(text));

async function reportOf(text: string): Promise<JunitReport> {
  const report = await read(text);
  if ('kind' in report) throw new Error(report.why);
  return report;
}

async function whyNot(bytes: Uint8Array | string): Promise<string> {
  const report = await readJunit(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  if (!('kind' in report)) throw new Error('it was read');
  return report.why;
}

describe('reports as programs write them', () => {
  test('pytest: a test may fail and then fail to clean up', async () => {
    const report = await reportOf(`<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.05" hostname="box">
<testcase classname="tests.test_dates" name="test_parse" time="0.001" />
<testcase classname="tests.test_dates" name="test_zone" time="0.002"><failure message="AssertionError: assert 1 == 2&#10;  +  where 1 = f()">def test_zone():
&gt;       assert f() == 2</failure><error message="failed on teardown">teardown</error></testcase>
<testcase classname="tests.test_dates" name="test_later"><skipped type="pytest.skip" message="not yet">later</skipped></testcase>
<testcase classname="tests.test_dates" name="test_last"/>
</testsuite></testsuites>`);
    expect(report).toEqual({
      counts: { total: 4, failed: 1, skipped: 1 },
      failures: [{ name: 'tests.test_dates.test_zone', message: 'AssertionError: assert 1 == 2' }],
    });
  });

  test('jest-junit and mocha: the class name repeats the name', async () => {
    const report = await reportOf(`<testsuites name="jest tests" tests="1" failures="1" errors="0">
      <testsuite name="sum" errors="0" failures="1" tests="1">
        <testcase classname="sum adds up" name="sum adds up"><failure>

          Error: expected 3</failure></testcase>
      </testsuite></testsuites>`);
    expect(report.failures).toEqual([{ name: 'sum adds up', message: 'Error: expected 3' }]);
  });

  test('PHPUnit: suites in suites are counted once', async () => {
    const report = await reportOf(`<testsuites><testsuite name="" tests="3" errors="1" failures="1">
      <testsuite name="A" tests="2" errors="0" failures="1"><testsuite name="A::x" tests="2" failures="1">
        <testcase name="one" class="A" classname="A"><failure type="E">A::one
failed</failure></testcase><testcase name="two" classname="A"/></testsuite></testsuite>
      <testsuite name="B" tests="1" errors="1"><testcase name="three" classname="B"><error type="E">boom</error></testcase></testsuite>
    </testsuite></testsuites>`);
    expect(report.counts).toEqual({ total: 3, failed: 2, skipped: 0 });
    expect(report.failures.map(({ name }) => name)).toEqual(['A.one', 'B.three']);
  });

  test('googletest: a suite as root, and outcomes in attributes', async () => {
    const report = await reportOf(`<testsuite name="All">
      <testcase name="Runs" status="run" result="completed" classname="Math"/>
      <testcase name="Off" status="notrun" result="suppressed" classname="Math"/>
      <testcase name="Skips" status="run" result="skipped" classname="Math"/>
      <testcase name="Bad" status="failed" classname="Math"/></testsuite>`);
    expect(report.counts).toEqual({ total: 4, failed: 1, skipped: 2 });
  });

  test('a set-up that failed is counted by the suite alone, and is not lost', async () => {
    const report =
      await reportOf(`<testsuites errors="3"><testsuite name="db" tests="1" errors="2" failures="0">
      <testcase name="one"/></testsuite><testsuite name="web" errors="0"/></testsuites>`);
    expect(report.counts).toEqual({ total: 4, failed: 3, skipped: 0 });
    expect(report.failures).toEqual([
      { name: 'the report', message: 'counts 1 failed that are not listed' },
      { name: 'db', message: 'counts 2 failed that are not listed' },
    ]);
  });

  test('counts alone, without a test', async () => {
    const report = await reportOf('<testsuites tests="7" failures="0"><testsuite tests="7"/></testsuites>');
    expect(report.counts).toEqual({ total: 7, failed: 0, skipped: 0 });
  });

  test('prefixes, CDATA, comments and output beside the tests', async () => {
    const report = await reportOf(`<!-- by hand --><ju:testsuite xmlns:ju="urn:x"><ju:properties/>
      <ju:system-out><![CDATA[<failure/> \u001b[31mred]]></ju:system-out>
      <ju:testcase name="a"><ju:system-err>failure</ju:system-err><ju:failure><![CDATA[<b> & co]]></ju:failure></ju:testcase>
    </ju:testsuite>`);
    expect(report).toEqual({
      counts: { total: 1, failed: 1, skipped: 0 },
      failures: [{ name: 'a', message: '<b> & co' }],
    });
  });

  test('other encodings, by declaration or by byte order mark', async () => {
    const text = '<testsuite><testcase name="grün"><failure/></testcase></testsuite>';
    const latin = Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${text}`, 'latin1');
    const utf16 = Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le');
    const bom = Buffer.from(`\ufeff${text}`);
    for (const bytes of [latin, utf16, Buffer.from(utf16).swap16(), bom])
      expect(await readJunit(bytes)).toMatchObject({ failures: [{ name: 'grün' }] });
  });

  test('a character is not torn where a piece ends', async () => {
    const name = 'ü'.repeat(200_000);
    const report = await reportOf(`<testsuite><testcase name="x${name}"/><testcase name="y"/></testsuite>`);
    expect(report.counts.total).toBe(2);
  });
});

describe('reports that are none', () => {
  const entities = Array.from(
    { length: 20 },
    (_, n) => `<!ENTITY l${n + 1} "&l${n};&l${n};&l${n};&l${n};&l${n};">`,
  );
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">${entities.join('')}]><testsuite><testcase name="&l20;"/></testsuite>`;
  const outside =
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><testsuite><testcase name="a"><failure>&f;</failure></testcase></testsuite>';

  test.each<[string, Uint8Array | string, RegExp]>([
    ['an entity bomb', bomb, /undefined entity/],
    ['an entity from a file', outside, /undefined entity/],
    ['nothing', '', /document must contain a root element/],
    ['half of one', '<testsuites><testsuite name="a"><testcase name="b"', /unclosed tag|unexpected end/],
    ['half of one, between elements', '<testsuites><testsuite name="a">', /unclosed tag/],
    ['two roots', '<testsuite/><testsuite/>', /only one root/],
    ['no XML', 'ok 1 - it works\n', /text data outside of root|non-whitespace/],
    ['another XML', '<test-run><test-case/></test-run>', /its root is <test-run>/],
    ['bytes that are no UTF-8', Buffer.from([0x3c, 0x61, 0xff, 0x3e]), /not in the encoding/],
    ['an encoding nobody knows', '<?xml version="1.0" encoding="ebcdic-9"?><testsuite/>', /does not know/],
    ['suites without end', `${'<testsuite>'.repeat(200)}`, /nested more than 100 deep/],
  ])('%s is a clear note', async (_name, bytes, why) => {
    expect(await whyNot(bytes)).toMatch(/^is no JUnit XML: /);
    expect(await whyNot(bytes)).toMatch(why);
    expect((await whyNot(bytes)).length).toBeLessThan(300);
  });

  test('a report of the largest size is read, and names no more failures than anybody reads', async () => {
    const one = '<testcase classname="c" name="n"><failure message="m">t</failure></testcase>\n';
    const many = Math.floor((16 * 1_048_576) / one.length);
    const { counts, failures } = await reportOf(`<testsuite>${one.repeat(many)}</testsuite>`);
    expect(counts).toEqual({ total: many, failed: many, skipped: 0 });
    expect(failures).toHaveLength(50);
  });

  test('names and messages of any length are cut', async () => {
    const { failures } = await reportOf(
      `<testsuite><testcase name="${'n'.repeat(1e6)}"><failure message="${'m'.repeat(1e6)}">${'t'.repeat(1e6)}</failure></testcase></testsuite>`,
    );
    expect(failures[0]?.name.length).toBeLessThanOrEqual(300);
    expect(failures[0]?.message.length).toBeLessThanOrEqual(500);
  });
});
