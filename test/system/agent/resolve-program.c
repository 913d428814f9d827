#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>

/* Prints the IPv4 addresses of a name, as the C library finds them that this program is built with. */
int main(int count, char **words) {
  struct addrinfo wish = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
  int error = count == 2 ? getaddrinfo(words[1], NULL, &wish, &found) : EAI_NONAME;
  if (error != 0) {
    puts(gai_strerror(error));
    return 2;
  }
  for (; found != NULL; found = found->ai_next) {
    char text[INET_ADDRSTRLEN];
    puts(inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, text, sizeof text));
  }
  return 0;
}
