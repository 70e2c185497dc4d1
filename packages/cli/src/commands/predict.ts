export const predict = async () => 1;
