/**
 * @file The version that page and worker compare before they speak. The build replaces the constant by a digest of
 * the sources that define the protocol, so nobody has to remember to raise a number; unbuilt sources (tests in
 * Node) all say 'source'.
 */
declare const __PROTOCOL_VERSION__: string | undefined;

export const PROTOCOL_VERSION: string =
  typeof __PROTOCOL_VERSION__ === 'string' ? __PROTOCOL_VERSION__ : 'source';
