export function buildAddon(): Promise<void>;
