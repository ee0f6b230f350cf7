mod documentation;
mod golden;
mod samples;
mod streams;
mod typescript;
mod vectors;
mod wire;
