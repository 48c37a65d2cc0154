import java.io.BufferedReader;
import java.io.InputStreamReader;

/** For each line of input prints the wall clock in seconds. */
class Reader {
  public static void main(String[] arguments) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    while (input.readLine() != null) {
      System.out.println(System.currentTimeMillis() / 1000);
    }
  }
}
