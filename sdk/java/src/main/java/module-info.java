/** Verifies licences of the licseal format, without a network. */
module io.github.licseal {
    exports io.github.licseal;
}
