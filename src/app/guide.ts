/** @file The guide to one's own data, put into a chunk of its own by the build. */
import text from '../../docs/YOUR-DATA.md?raw';

export const guide: string = text;
