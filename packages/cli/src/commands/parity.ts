export const parity = async () => 1;
