import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { programEnv } from '../../support/program-env.ts';

/** What the virtual reader sends: a length of two bytes, then so many. */
const framed = (...payload: number[]): Uint8Array => Uint8Array.of(0, payload.length, ...payload);

/** The reader's end of one slot, as vpcd has it: whoever connects is a card. */
async function openSlot(): Promise<{ port: number; card(): Promise<Socket>; close(): void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    port,
    card: async () => ((await once(server, 'connection')) as [Socket])[0],
    close: () => server.close(),
  };
}

async function asked(card: Socket, payload: number[]): Promise<string> {
  card.write(framed(...payload));
  let heard = Buffer.alloc(0);
  while (heard.length < 2 || heard.length < 2 + heard.readUInt16BE()) {
    heard = Buffer.concat([heard, ((await once(card, 'data')) as [Buffer])[0]]);
  }
  return heard.subarray(2).toString('hex');
}

test('puts cards in and out by lines, answers as a card, and takes all out at its end', {
  timeout: 90_000,
}, async () => {
  const slot = await openSlot();
  const args = [
    'src/cli.ts',
    'simulate',
    'thai-card',
    '--port',
    String(slot.port),
    '--slots',
    '1',
    '--insert',
  ];
  const first = slot.card();
  const child = spawn(process.execPath, args, { env: programEnv(), stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const order = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    return (await lines.next()).value as string;
  };
  try {
    const card = await first;
    expect((await lines.next()).value).toBe('ok 0 inserted');
    expect(await asked(card, [4])).toBe('3b799600005448204e4944203138');
    expect(await asked(card, [0, 0xa4, 4, 0, 8, 0xa0, 0, 0, 0, 0x54, 0x48, 0, 1])).toBe('610a');
    expect(await order('0 commands')).toBe('ok 0 commands 1');

    const second = slot.card();
    const out = once(card, 'close');
    expect(await order('0 insert {"answers":"at-once","atr":"3b6700002920006f789000"}')).toBe(
      'ok 0 inserted',
    );
    await out;
    const other = await second;
    expect(await asked(other, [4])).toBe('3b6700002920006f789000');
    expect(await asked(other, [0, 0xa4, 4, 0, 8, 0xa0, 0, 0, 0, 0x54, 0x48, 0, 1])).toBe('9000');

    expect(await order('5 eject')).toMatch(/^no expected a line that begins with a slot, 0 to 0$/);
    expect(await order('0 dance')).toBe('no expected insert, eject or commands after the slot');
    expect(await order('0 insert {')).toMatch(/^no /);
    const gone = once(other, 'close');
    child.stdin.end();
    await gone;
    expect(await once(child, 'exit')).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
    slot.close();
  }
});
