/** (card-cycles) A thousand cards at one counter: whether each is read, and what it leaves behind in memory. */

import { VirtualReaders } from '../../support/pcscd/pcscd.ts';
import { sampleCitizenId } from '../../support/samples.ts';
import { Asked } from '../card/asked.ts';
import type { ReaderAnswer, ReaderQuestion } from '../card/reader-process.ts';
import { memoryOf } from '../machine.ts';
import type { BenchContext, PartResult } from '../part.ts';

const SLOTS = ['Virtual PCD 0 00 00', 'Virtual PCD 0 00 01'];
/** Cards until memory is what it stays. */
const WARM_UP = 100;

const part = 'card';

/** Two slots by turns: while a card is read in one, the reader may see that the other is empty. */
export async function cardCycles({ say, quick }: BenchContext): Promise<PartResult> {
  const count = quick ? 200 : 1_000;
  const readers = await VirtualReaders.open(1);
  const reader = new Asked<ReaderQuestion, ReaderAnswer>('reader-process.ts', [readers.socket]);
  try {
    let lost = 0;
    const children = new Set<number | null>();
    const memory: { after: number; parentMb: number; childMb: number }[] = [];
    say(`${count} cards`);
    for (let i = 0; i < count; i++) {
      const slot = i % SLOTS.length;
      const wanted = sampleCitizenId(i);
      await reader.ask({ do: 'await', reader: SLOTS[slot] ?? '', isPresent: false });
      await readers.insert(slot, { holder: { citizenId: wanted } });
      await reader.ask({ do: 'await', reader: SLOTS[slot] ?? '', isPresent: true });
      const { citizenId, childPid } = await reader.ask({ do: 'read', withPhoto: false });
      if (citizenId !== wanted) lost += 1;
      children.add(childPid);
      await readers.eject(slot);
      if ((i + 1) % WARM_UP === 0) {
        const mb = (pid: number): number => memoryOf(pid)?.now ?? Number.NaN;
        const sizes = { parentMb: mb(reader.pid), childMb: mb(childPid ?? 0) };
        memory.push({ after: i + 1, ...sizes });
        say(`${i + 1} cards: ${Math.round(sizes.parentMb)} and ${Math.round(sizes.childMb)} MB`);
      }
      say(`card ${i + 1} of ${count}\r`);
    }
    const total = memory.map(({ parentMb, childMb }) => parentMb + childMb);
    const grown = (total.at(-1) ?? Number.NaN) - (total[0] ?? Number.NaN);
    return {
      figures: [
        {
          ...{ part, name: `${count} cards in and out: reads lost or mixed up` },
          ...{ value: lost, unit: '', aim: { atMost: 0 } },
        },
        {
          ...{ part, name: `${count} cards: memory of both processes grown since the first ${WARM_UP}` },
          ...{ value: grown, unit: 'MB', aim: { atMost: 5 } },
        },
        { part, name: 'memory of both at the end', value: total.at(-1) ?? null, unit: 'MB' },
      ],
      facts: { memory, processes: children.size },
    };
  } finally {
    await reader.stop();
    await readers.close();
  }
}
