/** As the bundler hands them over. */
declare module "*.parquet" {
  const bytes: Uint8Array
  export default bytes
}
