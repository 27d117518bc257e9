/** The folder and the index: away, empty, lost, another one; two bridges; what doctor says. */

import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { at, counter, TODAY, until, visit } from './support.ts';

describe('the folder', () => {
  test('away, and back again', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop([visit(1)]);
    await his.countOn(TODAY);
    await rename(folder, `${folder}-away`);
    const away = {
      code: 'his-unreachable',
      retry: 'yes',
      message: expect.stringContaining('is the share mounted'),
    };
    await expect(his.newVisits(0, Date.now(), () => false)).rejects.toMatchObject(away);
    await expect(his.visit(visit(1).vn)).rejects.toMatchObject(away);
    await rename(`${folder}-away`, folder);
    expect(await his.countOn(TODAY)).toBe(1);
  });

  test('an empty place where the share was mounted is not taken for it', async () => {
    const { his, desk, folder } = await counter();
    await desk.drop([visit(1)]);
    await his.countOn(TODAY);
    await rename(folder, `${folder}-away`);
    await mkdir(folder);
    await expect(his.visit(visit(1).vn)).rejects.toMatchObject({ code: 'his-unreachable' });
    await rm(folder, { recursive: true });
    await rename(`${folder}-away`, folder);
    expect(await his.visit(visit(1).vn)).not.toBeNull();
  });

  test('of another hospital than the index is of: the index begins anew', async () => {
    const first = await counter();
    await first.desk.drop([visit(1)]);
    await first.his.countOn(TODAY);
    await first.his.close();
    const second = await counter();
    await second.desk.drop([visit(2)]);
    const his = second.open({ index: first.options.index });
    expect((await his.visitsOn(TODAY)).map((v) => v.vn)).toEqual([visit(2).vn]);
  });
});

describe('the index', () => {
  test('lives over a restart without the files being read again', async () => {
    const { his, desk, open, options, folder } = await counter();
    await desk.drop([visit(1)]);
    const digest = await his.digestOf(TODAY);
    await his.close();
    const again = open({ index: options.index });
    expect(await again.digestOf(TODAY)).toBe(digest);
    await rm(path.join(folder, 'read'), { recursive: true });
    expect(await again.countOn(TODAY)).toBe(1);
  });

  test.each(['lost', 'damaged'])('%s, it is made again from the files that were read', async (what) => {
    const { his, desk, open, options } = await counter();
    await desk.drop([visit(1), visit(2)], { name: 'a.csv' });
    await his.countOn(TODAY);
    await desk.drop([visit(2, { mobile: '0899999991' })], { name: 'b.csv' });
    const before = await his.visitsOn(TODAY);
    await his.writeBack({ vn: visit(1).vn, claimCode: 'PP1234567890', claimType: null, issuedAt: null });
    await his.close();
    const [file = ''] = (await readdir(options.index)).filter((name) => name.endsWith('.db'));
    await rm(path.join(options.index, file));
    if (what === 'damaged') await writeFile(path.join(options.index, file), 'x'.repeat(9000));
    const again = open({ index: options.index });
    expect(await again.visit(visit(1).vn)).toMatchObject({ code: 'PP1234567890' });
    expect((await again.visitsOn(TODAY)).map((v) => v.phones)).toEqual(before.map((v) => v.phones));
  });
});

describe('two bridges', () => {
  test('know all visits, whichever read the file', async () => {
    const { his, desk, open } = await counter();
    const other = open();
    await other.countOn(TODAY);
    for (let n = 1; n <= 12; n++) {
      await desk.drop([visit(n)], { name: `${n}.csv` });
      await (n % 3 === 0 ? other : his).countOn(TODAY);
      // asked for by number it must be known: "no" would cancel it
      expect(await other.visit(visit(n).vn)).not.toBeNull();
      expect(await his.visit(visit(n).vn)).not.toBeNull();
    }
    expect(await his.visitsOn(TODAY)).toEqual(await other.visitsOn(TODAY));
  });

  test('a visit of a file that is still being written is no unknown one', async () => {
    const { desk, open } = await counter();
    const his = open({ settleSeconds: 30 });
    await his.countOn(TODAY);
    const writing = desk.dropInPieces(
      Buffer.from(`vn,date,pid\nA1,${TODAY},${visit(1).pid}\nA2,${TODAY},`),
      'a.csv',
      1,
      0,
    );
    await writing;
    expect(await his.countOn(TODAY)).toBe(0);
    expect(await his.visit('A1')).toMatchObject({ vn: 'A1' });
    expect(await his.visit('A2')).toBeNull();
    expect(await his.visit('A3')).toBeNull();
  });
});

describe('watch', () => {
  test('tells of a file within a second, of one that is written in place once it has rested, and of a folder that is gone', async () => {
    const { his, desk, folder } = await counter();
    await his.countOn(TODAY);
    const heard: (boolean | 'changed')[] = [];
    const watching = his.watch({ changed: () => heard.push('changed'), listening: (is) => heard.push(is) });
    try {
      await until(
        async () => heard.length,
        (n) => n > 0,
      );
      expect(heard).toEqual([true]);
      const dropped = performance.now();
      await desk.drop([visit(1)]);
      await until(
        async () => heard.includes('changed'),
        (is) => is,
      );
      expect(performance.now() - dropped).toBeLessThan(2_000);
      expect(await his.countOn(TODAY)).toBe(1);
      await desk.dropInPieces(Buffer.from(`vn,date,pid\nA1,${TODAY},${visit(1).pid}\n`), 'b.csv', 1, 0);
      let [told, read] = [0, 1];
      await until(
        async () => {
          const now = heard.filter((one) => one === 'changed').length;
          // a bridge looks when it is told, and else not
          if (now > told) read = await his.countOn(TODAY);
          told = now;
          return read;
        },
        (n) => n === 2,
      );
      expect(read).toBe(2);
      await rename(folder, `${folder}-away`);
      await until(
        async () => heard.at(-1),
        (last) => last === false,
      );
      expect(heard.at(-1)).toBe(false);
      await rename(`${folder}-away`, folder);
      await until(
        async () => heard.includes(true) && heard.at(-1) !== false,
        (is) => is,
      );
    } finally {
      await watching?.close();
    }
    const after = heard.length;
    await desk.drop([visit(3)]);
    await sleep(700);
    expect(heard).toHaveLength(after);
  });
});

describe('doctor', () => {
  test('finds all well, and says what waits and what was refused', async () => {
    const { his, desk } = await counter({ settleSeconds: 30 });
    const levels = async () => Object.fromEntries((await his.check()).map((f) => [f.check, f.level]));
    expect(await levels()).toMatchObject({
      'his-reachable': 'ok',
      'his-folder-rights': 'ok',
      'his-clock': 'ok',
      'his-files': 'warn',
      'his-refused': 'ok',
    });
    await desk.drop([visit(1)]);
    await desk.drop(Buffer.from('nothing\n'));
    await desk.dropInPieces(Buffer.from('vn,date,pid\n'), 'c.csv', 1, 0);
    const findings = await his.check();
    expect(findings.find((f) => f.check === 'his-files')).toMatchObject({
      level: 'ok',
      message: expect.stringMatching(/^1 files read/),
    });
    expect(findings.find((f) => f.check === 'his-files-waiting')?.message).toMatch(
      /^1 files are still being written/,
    );
    expect(findings.find((f) => f.check === 'his-refused')).toMatchObject({
      level: 'warn',
      fix: expect.stringContaining('refused'),
    });
  });

  test('a folder that is not there', async () => {
    const { open, folder } = await counter();
    const his = open({ folder: path.join(folder, 'nowhere') });
    expect(await his.check()).toMatchObject([
      { check: 'his-reachable', level: 'fail', fix: expect.stringContaining('his.folder') },
    ]);
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written to', async () => {
    const { his, folder } = await counter();
    await his.countOn(TODAY);
    await chmod(path.join(folder, 'codes'), 0o500);
    expect((await his.check()).find((f) => f.check === 'his-folder-rights')).toMatchObject({ level: 'fail' });
    await chmod(path.join(folder, 'codes'), 0o700);
  });

  test('the clock is this machine’s', async () => {
    const { his } = await counter();
    expect(Math.abs((await his.now()) - Date.now())).toBeLessThan(1_000);
    expect(at('00:00:00')).toBeLessThan(Date.now());
  });
});
