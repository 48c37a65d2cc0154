// static_true: ends at once. What a start of a program costs at the least.
int main() {}
