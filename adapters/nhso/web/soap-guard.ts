/**
 * What is kept from the XML parser. The `soap` package reads XML with `sax`, which knows no external entities and expands
 * none of its own making; what it makes of the elements has two holes that were found by reading and by fuzzing it:
 * - an attribute `id="__proto__"` writes to the prototype of all objects;
 * - text in CDATA is searched for an XML declaration in a way that takes time with the square of its length.
 * SOAP 1.1 (§3) forbids document types and processing instructions in a message, and a document/literal answer, as NHSO's is,
 * has no use for `id` and `href`: whatever holds one of them is not NHSO's and is not parsed.
 */

import type { HttpAnswer } from '../http.ts';

/** `<!`, but for a comment and for CDATA: a document type, an entity, an attribute list. */
const DECLARATION = /<!(?!--|\[CDATA\[)/;

const XML_DECLARATION = /^\uFEFF?\s*<\?xml\s[^<>]*\?>/;

/** References inside a message, of the encoded style that NHSO does not use. */
const REFERENCE = /[\s"'](?:id|href)\s*=/;

/** Why this text is no message of SOAP; null when it may be one. */
export function notSoap(text: string): string | null {
  if (DECLARATION.test(text)) return 'it holds a document type';
  if (text.replace(XML_DECLARATION, '').includes('<?')) return 'it holds a processing instruction';
  if (REFERENCE.test(text)) return 'it holds references';
  return null;
}

/** Why this text is no description of a service; null when it may be one. */
export function notWsdl(text: string): string | null {
  return DECLARATION.test(text) ? 'it holds a document type' : null;
}

/** Of a body that may also be XML: a page of a proxy, a firewall, a server's error page. */
export function isPage({ contentType, text }: HttpAnswer): boolean {
  return contentType.includes('html') || /^\uFEFF?\s*<(!doctype\s+html|html)\b/i.test(text);
}
