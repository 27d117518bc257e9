/**
 * The Thai citizen id (เลขประจำตัวประชาชน): 13 digits, the last a check digit over the others with weights 13…2,
 * (11 − sum mod 11) mod 10. It is never shown whole: see {@link maskCitizenId}.
 */

/** Thirteen digits with a valid check digit. Made only by {@link parseCitizenId}. */
export type CitizenId = string & { readonly __brand: 'CitizenId' };

/** Reads a citizen id, tolerating the spaces and dashes people type. Null when it is not a valid one. */
export function parseCitizenId(text: string | null | undefined): CitizenId | null {
  const digits = (text ?? '').replace(/[\s-]/g, '');
  return /^\d{13}$/.test(digits) && checkDigit(digits) === Number(digits[12]) ? (digits as CitizenId) : null;
}

/** The check digit that belongs to the first twelve digits. */
export function checkDigit(first12: string): number {
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += Number(first12[i]) * (13 - i);
  return (11 - (sum % 11)) % 10;
}

/** "1103700000014" → "1-xxxx-xxxxx-01-4": enough for a clerk to tell two people of a day apart, no more. */
export function maskCitizenId(pid: string): string {
  return `${pid.slice(0, 1)}-xxxx-xxxxx-${pid.slice(-3, -1)}-${pid.slice(-1)}`;
}

/** Masks every run of 13 digits (with or without the usual dashes or spaces) in a text that somebody may read. */
export function maskCitizenIds(text: string): string {
  return text.replace(/(?<![\d])\d[- ]?\d{4}[- ]?\d{5}[- ]?\d{2}[- ]?\d(?![\d])/g, (run) =>
    maskCitizenId(run.replace(/[- ]/g, '')),
  );
}
