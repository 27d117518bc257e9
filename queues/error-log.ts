/** Connection errors come by the hundred while a server is away. One line a kind and half a minute says as much. */

import { errorText } from '../src/domain/bridge-error.ts';
import type { Log } from '../src/service/ports/log.ts';

const QUIET_MS = 30_000;

/** Reports an error; `where` names the connection, queue or worker it came from. */
export type ErrorSink = (where: string, error: unknown) => void;

/**
 * @param secrets texts that must not appear in the log (the password of the server's URL)
 * @param now milliseconds
 */
export function errorSink(log: Log, secrets: readonly string[], now: () => number = Date.now): ErrorSink {
  const seen = new Map<string, { at: number; unsaid: number }>();
  return (where, error) => {
    const text = withoutSecrets(errorText(error) || String(Object(error).code ?? 'no message'), secrets);
    const kind = `${where} ${text}`;
    const before = seen.get(kind);
    if (before !== undefined && now() - before.at < QUIET_MS) {
      before.unsaid += 1;
      return;
    }
    if (seen.size > 200) seen.clear();
    seen.set(kind, { at: now(), unsaid: 0 });
    log.warn({ where, reason: text, repeated: before?.unsaid ?? 0 }, 'The work queue reports an error');
  };
}

/** The parts of a server's URL that are nobody's business. */
export function secretsOf(url: string): string[] {
  const { password } = new URL(url);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), text);
}
