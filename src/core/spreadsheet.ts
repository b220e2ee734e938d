/**
 * @file Texts that a spreadsheet would compute when it opens a file of them (CSV injection). The mark is the apostrophe
 * that spreadsheets themselves, and papaparse's escapeFormulae, put before a text that is to stay one.
 */

/** What such a text begins with: OWASP's list, with the full-width forms that some programs take for the same. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
/** A number is harmless and stays one. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const isFormula = (text: string): boolean => FORMULA.test(text) && !NUMBER.test(text);

export const markFormula = (text: string): string => (isFormula(text) ? `'${text}` : text);

/** What markFormula, or a program like it, has marked; a text may also have been like this from the beginning. */
export const isMarkedFormula = (text: string): boolean => text.startsWith("'") && isFormula(text.slice(1));
