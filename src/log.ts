/**
 * The log: one JSON object a line on standard output. Whatever is written, a citizen id leaves masked, also one that
 * hides in somebody else's error message.
 */

import { type DestinationStream, pino } from 'pino';
import { maskCitizenIds } from './domain/citizen-id.ts';
import type { Log } from './service/ports/log.ts';

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Standard output when not given. */
  destination?: DestinationStream;
}

export function makeLog(options: LogOptions): Log {
  const sink = options.destination ?? pino.destination({ fd: 1, sync: false });
  const masked: DestinationStream = { write: (line) => sink.write(maskCitizenIds(line)) };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    masked,
  );
}
