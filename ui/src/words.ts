/** The few sentences the browser says by itself. Everything else comes from the server, already in the reader's language. */
const zh = {
  noNetwork: "网络断开了。已填写的内容都还在，联网后请再试一次。",
  slow: "服务器响应较慢。已填写的内容都还在，请稍后再试。",
  failed: "这一步没有成功，已填写的内容都还在。请再试一次；如需帮助，请报编号 {number}。",
  close: "关闭",
  left: "还有 {time}",
  late: "已超时 {time}",
  lessThanMinute: "不到 1 分钟",
  waiting: "等待上传",
  sending: "已上传 {percent}%（{done} / {total}）",
  paused: "已暂停（{percent}%）",
  retrying: "网络不稳，{seconds} 秒后自动继续（{percent}% 已保存）",
  storeFull: "服务器暂时存不下了，{seconds} 秒后自动再试（{percent}% 已保存，不会丢）",
  crowd: "共 {total} 个文件，已上传 {done} 个",
  checking: "正在检查文件…",
  uploaded: "已上传（{total}）",
  refused: "没有收下这个文件：{why}",
  tooLarge: "文件超过 {limit}，请压缩或分开上传",
  unknownReason: "文件无法识别，请换一个再试",
  pause: "暂停",
  resume: "继续",
  remove: "移除",
  removeFile: "移除 {name}",
  slice: "第 {n} / {total} 幅",
  levels: "窗位 {center} 窗宽 {width}",
  plainViewer: "这台电脑的浏览器不支持测量和拖动调窗，图像仍可正常翻看。",
  loadingSlice: "正在加载…",
  brokenSlice: "这一幅没有加载出来，翻到别的再回来会重试",
  notKeptYet: "网络断开了。测量还在这里，联网后自动保存。",
  leave: "文件还在上传，离开后需要重新选择文件才能继续。",
};

const en: Record<keyof typeof zh, string> = {
  noNetwork: "The network is gone. What you typed is still here; try again when you are back online.",
  slow: "The server is slow to answer. What you typed is still here; try again in a moment.",
  failed: "That did not work. What you typed is still here; try again, or quote number {number} when you ask for help.",
  close: "Close",
  left: "{time} left",
  late: "{time} late",
  lessThanMinute: "less than a minute",
  waiting: "Waiting",
  sending: "{percent}% sent ({done} of {total})",
  paused: "Paused at {percent}%",
  retrying: "Unsteady network. Continues by itself in {seconds} s; {percent}% is safe.",
  storeFull: "The server's store is full for now. Tries again in {seconds} s; {percent}% is safe.",
  crowd: "{done} of {total} files sent",
  checking: "Checking the file…",
  uploaded: "Uploaded ({total})",
  refused: "This file was not accepted: {why}",
  tooLarge: "it is larger than {limit}; compress or split it",
  unknownReason: "it could not be recognised; try another one",
  pause: "Pause",
  resume: "Continue",
  remove: "Remove",
  removeFile: "Remove {name}",
  slice: "{n} of {total}",
  levels: "Level {center} width {width}",
  plainViewer: "This browser cannot measure or drag the window; the images can be looked through as usual.",
  loadingSlice: "Loading…",
  brokenSlice: "This image did not load; move away and back to try again.",
  notKeptYet: "The network is gone. Your measurements are still here and are kept as soon as it is back.",
  leave: "A file is still being uploaded.",
};

export const language = document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en";

/** Says a sentence of two dictionaries in the reader's language, with `{names}` filled in. */
export function speaker<K extends string>(chinese: Record<K, string>, english: Record<K, string>) {
  return (key: K, values: Record<string, string | number> = {}): string =>
    (language === "en" ? english : chinese)[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export const say = speaker(zh, en);

/** A size a person can read: `3.4 MB`. */
export function size(bytes: number): string {
  const step = bytes >= 1e9 ? 3 : bytes >= 1e6 ? 2 : bytes >= 1e3 ? 1 : 0;
  const amount = bytes / 1000 ** step;
  return `${amount.toFixed(step && amount < 100 ? 1 : 0)} ${["B", "KB", "MB", "GB"][step]}`;
}
