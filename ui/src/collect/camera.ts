/** Reading codes with the camera; loaded when the camera is opened for the first time. */
import { BrowserMultiFormatReader } from "@zxing/browser";
import { BarcodeFormat, DecodeHintType } from "@zxing/library";

// Not EAN-13, which stands on goods and on no tube: its reader takes one in 1,700 of our labels (Code 128) for a number of its own.
const FORMATS = [BarcodeFormat.CODE_128, BarcodeFormat.CODE_39, BarcodeFormat.ITF, BarcodeFormat.QR_CODE, BarcodeFormat.DATA_MATRIX];
const SAME_AGAIN = 3000; // the same code in front of the camera is one scan

/** Show the camera's picture and tell each code; the answer stops it. Raises where there is no camera or no permission. */
export async function watch(video: HTMLVideoElement, take: (text: string) => void): Promise<() => void> {
  const hints = new Map<DecodeHintType, unknown>([[DecodeHintType.POSSIBLE_FORMATS, FORMATS], [DecodeHintType.TRY_HARDER, true]]);
  const reader = new BrowserMultiFormatReader(hints, { delayBetweenScanAttempts: 120, delayBetweenScanSuccess: 400 });
  const wanted = { video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };
  let last = "";
  let at = 0;
  const controls = await reader.decodeFromConstraints(wanted, video, (result) => {
    const text = result?.getText();
    if (!text || (text === last && performance.now() - at < SAME_AGAIN)) return;
    [last, at] = [text, performance.now()];
    take(text);
  });
  return () => controls.stop();
}
