/** How much is done, on a terminal; a log or a mail from cron gets no such lines. */

export interface Progress {
  show: (share: number) => void;
  clear: () => void;
}

const WIDTH = 30;

export function progressLine(what: string): Progress {
  const { stderr } = process;
  let last = -1;
  return {
    show(share) {
      const percent = Math.floor(share * 100);
      if (!stderr.isTTY || percent === last) return;
      last = percent;
      const done = Math.round(share * WIDTH);
      const bar = '#'.repeat(done).padEnd(WIDTH, '.');
      stderr.write(`\r${what} ${bar} ${percent} %`);
    },
    clear() {
      if (stderr.isTTY && last >= 0) stderr.write('\r\u001b[K');
    },
  };
}
