import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runTable } from '../../../src/commands/reconcile/table.ts';
import { maskCitizenId } from '../../../src/domain/citizen-id.ts';
import { OUTCOMES } from '../../../src/domain/reconcile.ts';
import { reconciliationItemJson } from '../../../src/http/reconciliation-json.ts';
import type { Reconciliation } from '../../../src/service/ports/reconciliations.ts';
import {
  countsOf,
  sampleCandidate,
  sampleItem,
  sampleItems,
  sampleRun,
} from '../../support/reconciliation-samples.ts';
import { sampleCitizenId } from '../../support/samples.ts';

/** Columns that a terminal needs for it: what stands above or below takes none. */
function columnsOf(line: string): number {
  return [...stripVTControlCharacters(line)].filter((sign) => !/\p{Mn}/u.test(sign)).length;
}

const items = sampleItems();
const finished = (more: Partial<Reconciliation> = {}): Reconciliation =>
  sampleRun({ state: 'finished', counts: countsOf(items), hisCount: items.length, calls: 9, ...more });
const table = (run: Reconciliation, columns?: number, all = false): string[] =>
  runTable(run, items, { columns, all });

test('a citizen id in the place of an hn or a code is shown masked, in the table and in the API’s form', () => {
  const pid = sampleCitizenId(7);
  const item = sampleItem(9, 'disagree', {
    hn: pid,
    claimCode: pid,
    candidates: [sampleCandidate({ claimCode: pid })],
  });
  const lines = runTable(finished(), [item], { columns: 200, all: true }).join('\n');
  const json = JSON.stringify(reconciliationItemJson(item, { dryRun: false }));
  for (const shown of [lines, json]) {
    expect(shown).not.toContain(pid);
    expect(shown).toContain(maskCitizenId(pid));
  }
});

describe('the table', () => {
  test.each([40, 80, 81, 100, 132, 200, 400])(
    'fits a terminal of %i columns, or of 80 at least',
    (columns) => {
      const lines = table(finished(), columns, true);
      const widest = Math.max(...lines.map(columnsOf));
      expect(widest).toBeLessThanOrEqual(Math.min(200, Math.max(80, columns)));
      for (const { vn } of items) expect(lines.join('\n')).toContain(vn);
    },
  );

  test('shows what is for a person first, and who had a code only when all are asked for', () => {
    const rows = (all: boolean): string[] =>
      table(finished(), 120, all).flatMap((line) => /^691119\S+ +\S+ +(\S+)/.exec(line)?.[1] ?? []);
    expect(rows(false)).toEqual(['ambiguous', 'disagree', 'other-hospital', 'missing', 'found']);
    expect(rows(true).toSorted()).toEqual([...OUTCOMES].toSorted());
    expect(table(finished(), 120).join('\n')).toContain(
      '2 visits that had a code or need none: --all shows them.',
    );
  });

  test('says of each visit what a person needs', () => {
    const text = table(finished(), 200).join('\n');
    expect(text).toMatch(/691119000002 000000002 found +PP1000000002 from authen-status\n/);
    expect(text).toMatch(/691119000003 000000003 ambiguous +- +several codes fit; PP2222222222\n/);
    expect(text).toMatch(/691119000005 000000005 other-hospital - +PP2222222222 \(another hospital\)\n/);
  });

  test('columns stand under each other, Thai or not', () => {
    const mixed = [
      sampleItem(1, 'missing', { vn: 'นัดที่๑', hn: 'ผู้ป่วย1', detail: 'X' }),
      sampleItem(2, 'missing', { detail: 'X' }),
    ];
    const lines = runTable(finished(), mixed, { columns: 100, all: false });
    const where = lines.filter((line) => line.endsWith(' X')).map(columnsOf);
    expect(where).toHaveLength(2);
    expect(new Set(where).size).toBe(1);
  });

  test('ends with every outcome, what is to be done, and the sum against the HIS’s own count', () => {
    const text = table(finished(), 200).join('\n');
    for (const outcome of OUTCOMES)
      expect(text).toMatch(new RegExp(`^${outcome} +1  [\\u0e00-\\u0e7f]`, 'm'));
    expect(text).toContain("→ Compare the candidates with NHSO; adopt the right one ('adopt-code')");
    expect(text).toMatch(
      /^all +7 {2}Every visit is accounted for: the HIS itself counts 7 visits on that day\.$/m,
    );
    expect(table(finished({ hisCount: 8 })).at(-1)).toMatch(/NOT every visit is accounted for: .* 8 visits/);
    expect(table(finished({ hisCount: null })).at(-1)).toMatch(/has not been asked/);
  });

  test('what has no visits is not explained at length', () => {
    const text = runTable(sampleRun(), [], { columns: 200, all: true }).join('\n');
    expect(text).not.toContain('→');
    expect(text).toMatch(/^missing +0 /m);
  });

  test('says that a dry run wrote nothing', () => {
    const text = table(finished({ dryRun: true }), 200).join('\n');
    expect(text).toContain('a dry run: nothing was written into the HIS');
    expect(text).toContain('→ If this is right, run it without --dry-run');
  });

  test('of a run that was undone does not say that the HIS holds what it found', () => {
    const text = table(finished({ state: 'undone' }), 200).join('\n');
    expect(text).toContain('the run was undone since.');
    expect(text).not.toContain('was found and written into the HIS.');
  });

  test('of a run whose quiet visits are kept no longer says how many there were', () => {
    const text = runTable(finished(), items.slice(0, 3), { columns: 120, all: true }).join('\n');
    expect(text).toContain('Of 4 visits only the number is kept.');
  });

  test('shows no citizen id, and nothing that moves a terminal’s cursor', () => {
    const pid = sampleCitizenId(3);
    const evil = sampleItem(9, 'missing', {
      vn: '1\u001b[2J',
      hn: '\u202ex',
      detail: `NHSO: ${pid}\r\nxx`,
      candidates: [sampleCandidate({ claimCode: 'P\tP' })],
    });
    const run = finished({ trouble: `it said ${pid}`, startedBy: 'cli:\u001b[31mme' });
    const lines = runTable(run, [evil], { columns: 120, all: true });
    expect(lines.join('\n')).not.toContain(pid);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
