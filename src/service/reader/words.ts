/** What a clerk reads, in both languages. */
export interface Words {
  th: string;
  en: string;
}

/** `ไทย · ไทย | English · English` */
export function oneLine(parts: readonly Words[]): string {
  const { th, en } = joined(parts);
  return `${th} | ${en}`;
}

export function joined(parts: readonly Words[]): Words {
  return { th: parts.map((p) => p.th).join(' · '), en: parts.map((p) => p.en).join(' · ') };
}
