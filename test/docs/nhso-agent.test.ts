import { expect, test } from 'vitest';
import { CALLS } from '../../adapters/nhso/calls.ts';
import { parseConfig } from '../../src/config.ts';
import { read, table } from './markdown.ts';

const document = read('docs/nhso-agent.md');

test('docs/nhso-agent.md tells every call of the agent that the bridge can make, each with its grade', () => {
  const told = table(document, 'call').map(([call = '', , grade = '']) => {
    expect(grade, call).toMatch(/^[A-D](, its answer [A-D])?$/);
    const [, method, name] = /^`(GET|POST) \/api\/[\w-]+\/([\w-]+)/.exec(call) ?? [];
    return `${method} ${name}`;
  });
  expect(told.toSorted()).toEqual(
    Object.values(CALLS)
      .map((c) => `${c.method} ${c.name}`)
      .toSorted(),
  );
});

test('the claim type that it calls the default is the default', () => {
  const byDefault = table(document, 'code').filter(([, name = '']) => name.includes('the default'));
  const site = {
    hcode: '10978',
    his: { kind: 'hosxp', url: 'mysql://reader@his:3306/hos' },
    stations: [{ id: 'counter-1', agentUrl: 'http://10.0.0.21:8189' }],
  };
  const [{ nhso } = { nhso: null }] = parseConfig({ sites: [site] }, {}).sites;
  expect(byDefault.map(([code]) => code)).toEqual([`\`${nhso?.defaultClaimType}\``]);
});
