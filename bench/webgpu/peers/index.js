import jax from "./jax.js"
import tfjs from "./tfjs.js"

/** @typedef {"jax" | "tfjs"} PeerName */
export const peers = { jax, tfjs }
