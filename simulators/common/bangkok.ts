/** Bangkok time as NHSO writes it. On purpose not shared with the bridge: two readings of one contract. */

const OFFSET_MS = 7 * 3_600_000;

/** `2026-11-20T08:15:00`: ISO local date-time without a zone. */
export function localDateTime(at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 19);
}

/** `2026-11-20`, the Bangkok calendar date of an instant. */
export function localDate(at: number): string {
  return new Date(at + OFFSET_MS).toISOString().slice(0, 10);
}

/** Gregorian `YYYY[-MM[-DD]]` to Buddhist `yyyymmdd`; what is unknown becomes 00. */
export function buddhistDate(gregorian: string): string {
  const [year = '0', month = '00', day = '00'] = gregorian.split('-');
  return `${Number(year) + 543}${month}${day}`;
}

/** Age as the agent writes it: "48 ปี 5 เดือน 12 วัน". Unknown month or day counts as the first. */
export function thaiAge(gregorian: string, at: number): string {
  const [year = 0, month = 1, day = 1] = gregorian.split('-').map(Number);
  const today = new Date(at + OFFSET_MS);
  let years = today.getUTCFullYear() - year;
  let months = today.getUTCMonth() + 1 - month;
  let days = today.getUTCDate() - day;
  if (days < 0) {
    months -= 1;
    // as Java counts: from the same day of last month, or its last day when it has no such day
    const lastDay = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), 0)).getUTCDate();
    days = lastDay - Math.min(day, lastDay) + today.getUTCDate();
  }
  if (months < 0) {
    years -= 1;
    months += 12;
  }
  return `${years} ปี ${months} เดือน ${days} วัน`;
}
