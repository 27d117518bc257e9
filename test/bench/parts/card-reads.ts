/**
 * (card-reads) Readers that are driven directly, over the real pcscd and its virtual reader: a read beside what the card alone
 * takes, and a card going in until the bridge has answered for it. A thousand cards: `card-cycles.ts`.
 */

import { findPcscd, VirtualReaders } from '../../support/pcscd/pcscd.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { Asked, now } from '../card/asked.ts';
import { openDirectCounter } from '../card/counter.ts';
import type { RawAnswer, RawQuestion, RawSighting } from '../card/raw-process.ts';
import type { ReaderAnswer, ReaderQuestion } from '../card/reader-process.ts';
import { type Figure, median, percentile } from '../figures.ts';
import { HCODE, openHospital } from '../hospital.ts';
import { watchCpu } from '../machine.ts';
import type { BenchContext, PartResult } from '../part.ts';

const SLOTS = ['Virtual PCD 0 00 00', 'Virtual PCD 0 00 01'];
/** A real chip's answer: 14 of them take about a third of a second. */
const CHIP_MS = 24;
const PHOTO_BYTES = 5_000;
const POLL_MS = 100;

const part = 'card';

export async function cardReads(context: BenchContext): Promise<PartResult> {
  const { programs, problem } = findPcscd();
  if (programs === null) throw new Error(problem);
  const cpu = watchCpu({ bench: process.pid });
  const reads = await readTimes(context);
  const posted = await cardInToPost(context);
  const use = cpu();
  return {
    figures: [
      ...reads.figures,
      ...posted.figures,
      { part, name: 'CPU taken by others meanwhile', value: 100 * use.others, unit: '% of all' },
    ],
    facts: { reads: reads.facts, posted: posted.facts, cpu: use },
  };
}

/**
 * The same card, bare and through the bridge's own way, by turns: beside all calls to PC/SC that any such read needs
 * (`raw-process.ts` says why), and beside its exchanges alone, as the issue words the aim. With a chip that takes no time
 * the other calls are more than a third of the exchanges, so that nobody who opens and closes the card meets the second.
 */
async function readTimes({ say, quick }: BenchContext): Promise<PartResult> {
  const rounds = quick ? 10 : 50;
  const readers = await VirtualReaders.open(1);
  process.env.PCSCLITE_CSOCK_NAME = readers.socket;
  const reader = new Asked<ReaderQuestion, ReaderAnswer>('reader-process.ts', [readers.socket]);
  const raw = new Asked<RawQuestion, RawAnswer>('raw-process.ts', []);
  const figures: Figure[] = [];
  const facts: Record<string, unknown> = {};
  try {
    for (const [delayMs, of] of [
      [CHIP_MS, `a chip that takes ${CHIP_MS} ms an answer`],
      [0, 'a chip that takes no time'],
    ] as const) {
      await readers.insert(0, { delayMs, photoBytes: PHOTO_BYTES });
      await reader.ask({ do: 'await', reader: SLOTS[0] ?? '', isPresent: true });
      for (const withPhoto of [false, true]) {
        const what = `${of}, ${withPhoto ? 'with photo' : 'text'}`;
        say(`${what}: ${rounds} reads`);
        const [whole, calls, trips]: [number[], number[], number[]] = [[], [], []];
        let count = 0;
        for (let i = 0; i < rounds; i++) {
          const bare = await raw.ask({ reader: SLOTS[0] ?? '', withPhoto });
          calls.push(bare.callsMs);
          trips.push(bare.tripsMs);
          count = bare.trips;
          const { ms, hasPhoto } = await reader.ask({ do: 'read', withPhoto });
          if (hasPhoto !== withPhoto) throw new Error('the photo is not as it was asked for');
          whole.push(ms);
        }
        facts[what] = { wholeMs: whole, callsMs: calls, tripsMs: trips, trips: count };
        figures.push(
          { part, name: `${what}: a read, p50`, value: median(whole), unit: 'ms' },
          {
            part,
            name: `${what}: the calls to PC/SC that it needs, bare, p50`,
            value: median(calls),
            unit: 'ms',
          },
          {
            ...{ part, name: `${what}: a read as a multiple of these calls` },
            ...{ value: median(whole) / median(calls), unit: '×', aim: { atMost: 1.2 } },
          },
          {
            part,
            name: `${what}: its ${count} exchanges alone, bare, p50`,
            value: median(trips),
            unit: 'ms',
          },
          {
            ...{ part, name: `${what}: a read as a multiple of its exchanges alone` },
            ...{ value: median(whole) / median(trips), unit: '×', aim: { atMost: 1.2 } },
          },
        );
      }
      await readers.eject(0);
      await reader.ask({ do: 'await', reader: SLOTS[0] ?? '', isPresent: false });
    }
    return { figures, facts };
  } finally {
    await reader.stop();
    await raw.stop();
    await readers.close();
  }
}

/** From a card going in to the bridge's answer, less what the virtual reader takes to see it and the card to answer. */
async function cardInToPost(context: BenchContext): Promise<PartResult> {
  const { say, quick } = context;
  const count = quick ? 20 : 200;
  const hospital = await openHospital({
    ...{ mariadb: context.mariadb, queue: context.redis, stations: 1, agentDelayMs: 0, pollSeconds: 1 },
  });
  const readers = await VirtualReaders.open(1);
  process.env.PCSCLITE_CSOCK_NAME = readers.socket;
  let sighting: (at: number) => void = () => undefined;
  const raw = new Asked<RawQuestion, RawAnswer>('raw-process.ts', [], (told) =>
    sighting((told as RawSighting).at),
  );
  try {
    await hospital.startBridge();
    const counter = await openDirectCounter({
      ...{ bridgeUrl: hospital.bridgeUrl, key: hospital.key, stationId: 'counter-1', hcode: HCODE },
      ...{ pcscdSocket: readers.socket, pollMs: POLL_MS },
    });
    const rows: { seenMs: number; answeredMs: number; beyondMs: number }[] = [];
    say(`${count} cards at a counter without an agent`);
    for (let i = 0; i < count; i++) {
      const pid = sampleCitizenId(i);
      const seen = new Promise<number>((resolve) => {
        sighting = resolve;
      });
      const taken = counter.taken(pid);
      const from = now();
      await readers.insert(i % 2, { holder: { citizenId: pid }, delayMs: CHIP_MS });
      const [seenAt, takenAt] = await Promise.all([seen, taken]);
      const { tripsMs } = await raw.ask({ reader: SLOTS[i % 2] ?? '', withPhoto: false });
      rows.push({
        seenMs: seenAt - from,
        answeredMs: takenAt - from,
        beyondMs: takenAt - seenAt - tripsMs,
      });
      await readers.eject(i % 2);
      say(`card ${i + 1} of ${count}\r`);
    }
    await counter.close();
    const of = (key: 'seenMs' | 'answeredMs' | 'beyondMs'): number[] => rows.map((row) => row[key]);
    return {
      figures: [
        {
          part,
          name: 'card in until the virtual reader sees it, p50',
          value: median(of('seenMs')),
          unit: 'ms',
        },
        {
          part,
          name: 'card in until its read is answered, p50',
          value: median(of('answeredMs')),
          unit: 'ms',
        },
        {
          ...{ part, name: "the same beyond the card's own time, p50" },
          ...{ value: median(of('beyondMs')), unit: 'ms' },
        },
        {
          ...{ part, name: "beyond the card's own time, p99" },
          ...{ value: percentile(of('beyondMs'), 0.99), unit: 'ms', aim: { atMost: 300 } },
        },
      ],
      facts: { chipMs: CHIP_MS, pollMs: POLL_MS, rows },
    };
  } finally {
    await raw.stop();
    await readers.close();
    await hospital.close();
  }
}
