mod cache;
mod derived;
mod incoming;
mod log;
mod store;
mod store_directory;
mod store_tampering;
