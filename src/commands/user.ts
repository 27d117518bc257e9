/** Who sits at the keyboard, as history and audit name them. */

import { userInfo } from 'node:os';
import { maskCitizenIds } from '../domain/citizen-id.ts';

/** `cli:somsri` */
export function atKeyboard(): string {
  return maskCitizenIds(`cli:${user()}`);
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    // in a container there may be none of that number
    return String(process.getuid?.() ?? 'unknown');
  }
}
