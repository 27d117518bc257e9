/** What dpkg is told of the package. */

import { gzipSync } from 'node:zlib';
import { thirdParties } from '../program/licences.ts';
import type { Release } from '../program/release.ts';
import type { DebianArchitecture } from '../program/target.ts';
import type { Program } from '../program/tree.ts';

export const PACKAGE = 'authen-bridge-reader';

const MAINTAINER = 'authen-bridge maintainers <authen-bridge@invalid.example>';

/**
 * `size` in kB. Depends: what Node's own binary and pcsc-mini's are linked with (glibc 2.28, GCC 9), and systemd for the
 * user and the service. pcscd is for who drives a reader directly, also by NHSO's agent; apt brings it unless it is told
 * not to.
 */
export function control(release: Release, architecture: DebianArchitecture, size: number): string {
  return `${[
    `Package: ${PACKAGE}`,
    `Version: ${release.version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${size}`,
    'Depends: libc6 (>= 2.28), libgcc-s1, libpcsclite1, libstdc++6 (>= 9), systemd',
    'Recommends: ca-certificates, pcscd',
    'Suggests: polkitd',
    'Section: misc',
    'Priority: optional',
    'Description: reads Thai ID cards at a counter and sends them to authen-bridge',
    ' A service for the PC (or the small computer) at a registration counter. It',
    " reads the patient's card through NHSO's Secure SmartCard Agent, or from the",
    ' reader itself, keeps each read on disk until authen-bridge has it, and tells',
    ' the clerk in Thai and English what to do. It opens no port. Node.js is part',
    ' of the package.',
  ].join('\n')}\n`;
}

export function copyright(program: Program): string {
  return `authen-bridge-reader is a part of authen-bridge.

Copyright 2026 the authors of authen-bridge

Licensed under the Apache License, Version 2.0. On Debian systems its text is in
/usr/share/common-licenses/Apache-2.0.

It is shipped with other programs, unchanged, whose copyright notices and licences lie beside them in
/usr/lib/authen-bridge-reader:

${thirdParties(program)
  .map((line) => `  ${line}`)
  .join('\n')}
`;
}

/** changelog.gz: the list of changes is the project's git log. */
export function changelog({ version, epoch }: Release): Buffer {
  const date = new Date(epoch * 1_000).toUTCString().replace('GMT', '+0000');
  const text = `${PACKAGE} (${version}) unstable; urgency=medium

  * Made from the sources of authen-bridge; its git log tells what has changed.

 -- ${MAINTAINER}  ${date}
`;
  return gzip(text);
}

/** zlib's header for gzip holds no time here, and its best compression is what Debian's policy asks for. */
export function gzip(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}
