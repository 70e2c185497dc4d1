/** Gives this process a software Vulkan driver; to be called before the first device is asked for. @throws where there is none. */
export function offerSwiftshader(): void;
