mod golden;
mod typescript;
