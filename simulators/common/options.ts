/** What the commands of the simulators have in common: options, the list of control calls, masked citizen ids. */

import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number');
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('expected a number from 0 to 1');
}

export function citizenId(text: string): string {
  if (/^\d{13}$/.test(text)) return text;
  throw new InvalidArgumentError('expected 13 digits');
}

export function oneOf<T extends string>(...names: readonly T[]): (text: string) => T {
  return (text) => {
    const name = names.find((n) => n === text);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`expected ${names.join(' or ')}`);
  };
}

export function mask(pid: string): string {
  return `${pid.slice(0, 1)}-xxxx-xxxxx-${pid.slice(-3, -1)}-${pid.slice(-1)}`;
}

/** One line a call. */
export function callList(help: Readonly<Record<string, string>>): string {
  return Object.entries(help)
    .map(([call, what]) => `  ${call.padEnd(30)} ${what}`)
    .join('\n');
}
