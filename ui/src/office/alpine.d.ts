/** What the back office asks of Alpine's strict build, which brings no types. */
declare module "@alpinejs/csp" {
  const Alpine: {
    data(name: string, make: (...given: unknown[]) => Record<string, unknown>): void;
    start(): void;
  };
  export default Alpine;
}
