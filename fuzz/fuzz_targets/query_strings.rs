#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    rialto_fuzz::wire::query_strings(data);
    rialto_fuzz::edge::query_strings(data);
});
