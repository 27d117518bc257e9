import { describe, expect, test } from 'vitest';
import type { LineState } from '../../../src/service/ports/agent-lines.ts';
import { lineWords } from '../../../src/service/reader/line-words.ts';

const REFUSED: LineState = { is: 'refused', status: 403, why: 'The key lacks the scope.' };

describe('what a clerk is told of the line', () => {
  test.each<[LineState, boolean, RegExp | null]>([
    [{ is: 'up' }, false, /line up/],
    [{ is: 'away' }, true, /line broken/],
    [REFUSED, true, /line broken/],
    [{ is: 'replaced' }, false, /run only one/],
    // where the bridge reaches the agent itself nobody misses it
    [{ is: 'away' }, false, null],
    [REFUSED, false, null],
    [{ is: 'opening' }, true, null],
    [{ is: 'closed' }, true, null],
  ])('%j, after it has been up: %s', (state, hasBeenUp, words) => {
    const said = lineWords(state, hasBeenUp);
    if (words === null) expect(said).toBeNull();
    else {
      expect(said).toMatch(words);
      expect(said).toMatch(/^[^|]*[\u0e00-\u0e7f]{5}[^|]* \| [a-z]/);
    }
  });
});
