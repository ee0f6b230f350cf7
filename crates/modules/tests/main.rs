mod cache;
mod derived;
mod incoming;
mod log;
