/** Cornerstone3D as this house uses it: one engine, a bounded cache, the tools of reading. */
import { RenderingEngine, cache, getRenderingCapabilities, init, setUseCPURendering } from "@cornerstonejs/core";
import { Enums, PanTool, ToolGroupManager, WindowLevelTool, ZoomTool, addTool, cancelActiveManipulations, init as initTools, utilities } from "@cornerstonejs/tools";
import { MEASURING, linesOf, type Kind } from "./drawn";
import { registerFrames } from "./frame";

const MEGABYTE = 2 ** 20;
const GROUP = "reading";
const { MouseBindings } = Enums;
const TOOLS = { window: WindowLevelTool, pan: PanTool, zoom: ZoomTool, ...MEASURING } as const;

export type Tool = keyof typeof TOOLS | "scroll";

/** Half a gigabyte where there is memory, a quarter of that on a PC of 4 GB; what falls out lies in the browser's own cache. */
function room(): number {
  const memory = (navigator as { deviceMemory?: number }).deviceMemory ?? 4;
  return (memory > 4 ? 512 : 128) * MEGABYTE;
}

const engines = new Map<boolean, RenderingEngine>();

/** Where WebGL is drawn by the processor anyway, drawing on a plain canvas is ten times as quick. */
export const hasGraphics = (): boolean => getRenderingCapabilities().webgl && !getRenderingCapabilities().softwareRasterizer;

let begun = false;

export function begin(): void {
  if (begun) return;
  begun = true;
  init({ rendering: { webGlContextCount: 2 }, debug: { statsOverlay: false } });
  initTools();
  cache.setMaxCacheSize(room());
  registerFrames();
  const group = ToolGroupManager.createToolGroup(GROUP)!;
  for (const [name, tool] of Object.entries(TOOLS)) {
    addTool(tool);
    group.addTool(tool.toolName, name in MEASURING ? { getTextLines: linesOf(name as Kind) } : {});
  }
}

/** An engine that draws on a plain canvas, or with WebGL; the library decides once, when it is made. */
export function startEngine(plain: boolean): RenderingEngine {
  setUseCPURendering(plain, false);
  const engine = engines.get(plain) ?? new RenderingEngine(plain ? "reading-plain" : "reading");
  engines.set(plain, engine);
  return engine;
}

/** The tool of the left button or one finger; `scroll` leaves both to the page. Right enlarges, the middle moves; two fingers do both. */
export function choose(chosen: Tool): void {
  const group = ToolGroupManager.getToolGroup(GROUP)!;
  for (const [name, tool] of Object.entries(TOOLS)) {
    group.setToolPassive(tool.toolName, { removeAllBindings: true }); // or the hand of before keeps its button
    const bindings = [];
    if (name === chosen) bindings.push({ mouseButton: MouseBindings.Primary });
    if (name === "zoom") bindings.push({ mouseButton: MouseBindings.Secondary }, { numTouchPoints: 2 });
    if (name === "pan") bindings.push({ mouseButton: MouseBindings.Auxiliary });
    if (bindings.length) group.setToolActive(tool.toolName, { bindings });
    else if (!(name in MEASURING)) group.setToolDisabled(tool.toolName);
  }
}

export function join(viewportId: string, engine: RenderingEngine): void {
  ToolGroupManager.getToolGroup(GROUP)!.addViewport(viewportId, engine.id);
}

/** Leave off drawing halfway. */
export const stopDrawing = (element: HTMLDivElement): void => void cancelActiveManipulations(element);

export function repaintMeasures(viewportId: string): void {
  utilities.triggerAnnotationRenderForViewportIds([viewportId]);
}
