/** What else is in a package, under which licence, and where its words stand. */

import type { Program } from './tree.ts';

/** A line for each npm package: `pino 10.4.0 (MIT)`. The licences themselves lie beside the packages. */
export function thirdParties({ packages, node }: Program): string[] {
  const lines = [...packages].map(([place, { version, license = 'see its LICENSE' }]) => {
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return `${name} ${version} (${license}): ${place}`;
  });
  return [`Node.js ${node} (MIT and others): bin/LICENSE.node.txt`, ...lines];
}
