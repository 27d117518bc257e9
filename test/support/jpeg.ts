/** Pictures for photo reads. Nobody is on them. */

/** One black pixel, baseline. */
export const SMALL_JPEG = Buffer.from(
  '/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==',
  'base64',
);

/** The same picture with a comment of so many bytes in it (up to some 65,000 each). */
export function jpegOf(bytes: number): Buffer {
  const comments: Buffer[] = [];
  for (let rest = bytes - SMALL_JPEG.length; rest > 0; ) {
    const size = Math.max(4, Math.min(rest, 65_000));
    const comment = Buffer.alloc(size, 0x20);
    comment.writeUInt16BE(0xfffe, 0);
    comment.writeUInt16BE(size - 2, 2);
    comments.push(comment);
    rest -= size;
  }
  return Buffer.concat([SMALL_JPEG.subarray(0, 2), ...comments, SMALL_JPEG.subarray(2)]);
}
