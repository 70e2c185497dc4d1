/** A kernel's source, as text. */
declare module "*.wgsl" {
  const code: string;
  export default code;
}
