/** What somebody scanned or typed: a health-record code, an identity number, or a tube's barcode. Pure. */

export type Person = { code?: string; kind?: string; number?: string; name?: string; sex?: string; birth_on?: string };
export type Seen =
  | { is: "code"; code: string }
  | { is: "resident"; number: string }
  | { is: "barcode"; barcode: string }
  | { is: "wrong"; why: "unknown" | "wrongNumber" | "wrongLabel" };

const CODE = /^HZ[A-Z2-7]{26}[0-9]$/;
const RESIDENT = /^[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dX]$/;
const BARCODE = /^[A-Z0-9][A-Z0-9-]{4,39}$/;
const OWN = /^\d{14}$/;
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** As compared: full-width letters made plain, what a scanner adds gone, upper case. */
export const plain = (text: string): string => text.normalize("NFKC").replace(/\s+/g, "").toUpperCase();

/** The check character of GB 11643. */
export function fits(number: string): boolean {
  const total = WEIGHTS.reduce((sum, weight, place) => sum + weight * Number(number[place]), 0);
  return "10X98765432"[total % 11] === number[17];
}

/** The check digit of our own labels, as GS1 has it: weights 3 and 1 from the right. */
function labelFits(digits: string): boolean {
  const total = [...digits.slice(0, -1)].reverse().reduce((sum, digit, place) => sum + Number(digit) * (place % 2 ? 1 : 3), 0);
  return (10 - (total % 10)) % 10 === Number(digits.slice(-1));
}

/** `site`: the four digits that begin each label of the site. */
export function recognise(text: string, site: string): Seen {
  const value = plain(text);
  if (CODE.test(value)) return { is: "code", code: value };
  if (RESIDENT.test(value)) return fits(value) ? { is: "resident", number: value } : { is: "wrong", why: "wrongNumber" };
  if (!BARCODE.test(value)) return { is: "wrong", why: "unknown" };
  if (OWN.test(value) && value.startsWith(site) && !labelFits(value)) return { is: "wrong", why: "wrongLabel" };
  return { is: "barcode", barcode: value };
}

/** A person as shown on a phone that others can see: the ends of the number only. */
export function hidden(number: string): string {
  return number.length > 8 ? `${number.slice(0, 3)}…${number.slice(-4)}` : `…${number.slice(-3)}`;
}
