declare module "virtual:encoder-worklet" {
  const source: string;
  export default source;
}
