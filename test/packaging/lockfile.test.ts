import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface LockedPackage {
  version?: string;
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, LockedPackage>;
};

/** Where npm looks for `name` from the package at `at`: its own folder, then each one above. */
function locked(at: string, name: string): LockedPackage | undefined {
  const own = packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`];
  if (own !== undefined || at === '') return own;
  return locked(at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/'))), name);
}

describe('package-lock.json', () => {
  /**
   * `npm install` leaves a platform's package out when the registry that it asks does not hold it; the lock then
   * looks well, and `npm ci` refuses it on every machine ("Missing: … from lock file").
   */
  test('names the optional packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => locked(at, name)?.version === undefined),
    );
    expect(missing).toEqual([]);
  });

  test('binds nobody to one registry', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved": "http');
  });
});
