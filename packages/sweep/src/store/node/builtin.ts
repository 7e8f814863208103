/**
 * Node's own modules, looked up when a store is opened: studies and plans work where there are none, and bundlers,
 * some of which drop the `node:` that `node:sqlite` cannot do without, leave them alone.
 */
export const builtin: typeof process.getBuiltinModule = (id: string) => process.getBuiltinModule(id)
