import type { Finding } from '../../../../src/service/ports/finding.ts';

/** `table` says whose database it is; `told`: the codes that stand there. */
export function checkHcode(table: string, told: readonly unknown[], hcode: string): Finding {
  const codes = told.map((code) => String(code ?? '').trim());
  if (codes.includes(hcode)) {
    return { check: 'his-hcode', level: 'ok', message: `${table} says hospital ${hcode}` };
  }
  const said = codes.length === 0 ? `${table} is empty` : `${table} says hospital ${codes.join(', ')}`;
  return {
    check: 'his-hcode',
    level: 'fail',
    message: `${said}, the configuration says ${hcode}: codes would be asked for another hospital`,
    fix: 'Correct hcode or his.url of this site.',
  };
}
