import { describe, expect, test } from 'vitest';
import type { Bench } from './support.ts';

export function doctorContract(bench: () => Bench): void {
  describe('doctor', () => {
    test('finds nothing in the way, and says that it answers', async () => {
      const findings = await bench().his.check();
      expect(findings.filter((f) => f.level === 'fail')).toEqual([]);
      expect(findings[0]).toMatchObject({ check: 'his-reachable', level: 'ok' });
      for (const finding of findings) expect(finding.check).toMatch(/^his-[a-z-]+$/);
    });

    test('the clock is the one that the HIS goes by', async () => {
      expect(Math.abs((await bench().his.now()) - Date.now())).toBeLessThan(60_000);
    });
  });
}
