export const quickstart = async () => 1;
