/**
 * The phone number sent to NHSO. It must be the patient's (or guardian's) own mobile as the HIS holds it;
 * it is never invented (DESIGN rule "never invent"), so "none" is a proper answer.
 */

/** A Thai mobile: ten digits, 06/08/09. */
const MOBILE = /^0[689]\d{8}$/;

/**
 * The first mobile among the HIS's phone fields, best field first. Fields hold several numbers, dashes, notes and
 * landlines; only a 10-digit mobile counts. One digit repeated (0999999999, 0800000000) is filler that people
 * type to get past a form, not a phone.
 */
export function chooseMobile(fields: readonly string[]): string | null {
  for (const field of fields) {
    for (const candidate of candidates(field)) {
      const mobile = parseMobile(candidate);
      if (mobile !== null) return mobile;
    }
  }
  return null;
}

/** Reads one number, tolerating spaces, dashes, dots, brackets and a +66 prefix. Null when it is no mobile. */
export function parseMobile(text: string): string | null {
  let digits = thaiDigitsToAscii(text).replace(/[\s().\-–]/g, '');
  digits = digits.replace(/^(?:\+66|0066|66(?=[689]\d{8}$))0?/, '0');
  return MOBILE.test(digits) && !isFiller(digits) ? digits : null;
}

/** "0812345678" → "081-xxx-5678" */
export function maskMobile(mobile: string): string {
  return `${mobile.slice(0, 3)}-xxx-${mobile.slice(-4)}`;
}

function isFiller(mobile: string): boolean {
  return /^(\d)\1*$/.test(mobile.slice(2));
}

function thaiDigitsToAscii(text: string): string {
  return text.replace(/[๐-๙]/g, (d) => String(d.charCodeAt(0) - 0x0e50));
}

/** Splits a field where people put more than one number: commas, slashes, words, two or more spaces. */
function* candidates(field: string): Generator<string> {
  const parts = thaiDigitsToAscii(field).split(/[,;/|\n]|[^\d\s().+\-–]+|\s{2,}/);
  for (const part of parts) {
    yield part;
    // "081-234-5678 02-123-4567": one space between two numbers; try the pieces that are whole by themselves
    if (part.includes(' ')) yield* part.split(' ');
  }
}
